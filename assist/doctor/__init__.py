"""`assist doctor`: what is wrong with an installation, and the mend.

A check looks at one thing and yields findings; `assist.doctor.examination` runs all of them side by side.
"""
