"""fastcnn."""
