"""What `deskhand doctor --production` looks at: whether an installation is fit for a company."""
