"""Where images come from, and what their places and names say: split, class, patient."""
