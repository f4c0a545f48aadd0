"""A simulated half year: does what people answer make the bot better, week by week?"""
