"""From a question in the inbox to its one visible outcome in Slack.

A `Worker` claims questions under a lease; a `Job` walks each of them to its outcome; the `Poster`
brings planned messages into Slack; a `LiveAnswer` shows what is there while the rest is made.

**What is promised.** Every question ends in exactly one visible outcome: an answer (one message or
one split sequence), a question back, an apology, or the line that says it was stopped. A crash at
any point loses none and doubles none, but for the windows below.

**How.** What is to be said is stored before it is posted, each message under a key that Slack keeps
in the message's metadata, and the message's `ts` is stored as soon as Slack names it. A message
whose call got no answer (a crash, a broken connection, a 5xx) is *in doubt*: it is posted again
only once the call's time limit has passed and the thread does not hold its key. A stream carries no
metadata before its end, so one in doubt is known by being ours, keyless and in no row of ours.

**What remains,** as Slack has no idempotency key:

- Slack carries out a call later than its time limit after it was made, and after the thread was
  looked through: the message is then there twice. Once the second is posted the thread is looked
  through again and a twin that shows up by then is removed; one that comes later still stays.
- `conversations.replies` does not yet show a message that was posted: the same.
- A worker stands still (a suspended machine) for longer than its lease between its last look at the
  inbox and its call: it and the worker that took over may both post. The look is the step just
  before the call.
- A question is deleted while its answer's call is under way: the answer is removed again, and may
  have been seen.
"""
