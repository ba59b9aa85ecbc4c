"""What the command can do, one module a mode; each composes the parts and holds no mathematics."""
