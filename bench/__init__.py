"""What Tollgate's money path costs: calls and units counted, CPU compared side by side, cold starts, dollars."""
