"""What the pod asks of its coolant skids: set-points, trims, who runs. Pure functions of inputs, settings and state; each
set-point comes with the rule that set it."""
