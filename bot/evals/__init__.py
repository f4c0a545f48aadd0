"""Evaluations in Slack: started by hand or by the clock, run beside the bot, and told of.

A run is a row, and so is what is told of it (`engine.storage.announcements`): whichever process
holds the row starts the run's child, shows how far it is, and posts its report. A bot that dies
leaves its child at work; the next one goes on telling where it left off.
"""
