"""Does the cited span say what the sentence says?"""
