"""The frozen plan, what proposes one, and what evaluates one."""
