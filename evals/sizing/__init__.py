"""What an installation of a size needs: measured unit costs, and the tables made of them."""
