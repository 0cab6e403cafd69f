# a repair reaches into the engine's modules
"""Lambda: a layer is unpacked once.

Engine: each worker unpacks its function's layers into a folder of its own, and asks of every file whether it stays in
there: that is most of what a worker's start costs.
AWS: the same for each environment, on machines of their own.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
import zipfile
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

# Set for whatever the engine starts; the worker's script puts these on its path.
_FOLDERS = "_LAMBDA_LAYERS_DIRS"


class SharedLayers:
    """Unpacked layers by their content. Nobody writes there."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._unpacking = threading.Lock()

    def install(self) -> None:
        """Let the engine's Python workers have their layers from here."""
        runtime: Any = import_module("ministack.core.lambda_runtime")
        service: Any = import_module("ministack.services.lambda_svc")
        spawn = runtime.Worker._spawn

        def spawn_with_layers(worker: Any) -> None:
            config = worker.config
            layers = [service._resolve_layer_zip(each) for each in config.get("Layers", [])]
            if not (str(config.get("Runtime", "")).startswith("python") and layers and all(layers)):
                spawn(worker)
                return
            folders = os.pathsep.join(str(self.folder(each)) for each in layers)
            variables = (config.get("Environment") or {}).get("Variables") or {}
            worker.config = config | {"Layers": [], "Environment": {"Variables": {**variables, _FOLDERS: folders}}}
            try:
                spawn(worker)
            finally:
                worker.config = config

        runtime.Worker._spawn = spawn_with_layers

    def folder(self, layer: bytes) -> Path:
        """Where the layer is. It appears there as a whole."""
        place = self._root / hashlib.sha256(layer).hexdigest()[:32]
        with self._unpacking:
            if not place.exists():
                self._root.mkdir(parents=True, exist_ok=True)
                scratch = tempfile.mkdtemp(dir=self._root)
                with zipfile.ZipFile(BytesIO(layer)) as archive:
                    archive.extractall(scratch)
                shutil.move(scratch, place)
        return place
