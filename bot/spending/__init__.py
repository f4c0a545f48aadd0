"""What the models cost, as admins see and hear of it."""
