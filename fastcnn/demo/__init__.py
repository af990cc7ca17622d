"""`fastcnn demo`: photos that the project draws itself, or the user's own, and a network trained on them."""
