"""What runs inside the jail; imports nothing of the project but itself, and nothing but pytest from outside the library.

Read in this order: zygote (the warmed process that every run is forked from), confine (what a forked process gives up
before it touches foreign code; linux, seccomp, landlock are its tools), wire and values (what crosses between the
processes), worker, foreign and shape (serve the implementation), link, remote, standins and known (stand for it on the
trusted side), tester and session (the trusted pytest), solo (tests and implementation in one process) and alarm (what it
must not reach there), plain_jail (the outer walls without bubblewrap).
"""
