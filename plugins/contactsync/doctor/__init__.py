"""`contactsync doctor`: what may be wrong with an installation, and what to do about it. Nothing is written."""
