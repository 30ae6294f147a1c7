-- The time.
return NOW
