"""What Slack delivers, turned into questions in the inbox before Slack gets its acknowledgement."""
