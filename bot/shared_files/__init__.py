"""Files that people share in chosen channels, as documents for those who are in these channels.

A channel is a source (`slack:C...`) and a file in it a document (`slack:C.../F...`) that is tagged
with the channel; a file that stands in several of them is a document of each, so that what one
channel loses the others keep. Slack itself holds what ought to be known: an event only says that a
channel is to be looked at, and looking makes the source equal to Slack's list of its files. So a
lost event, a crash in the middle and an absence are all mended in the same way, by looking again.
"""
