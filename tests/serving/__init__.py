"""Services as they really run: `butik serve` in processes of its own, called through its front door."""
