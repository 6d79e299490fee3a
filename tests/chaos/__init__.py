"""The real thing under fire, and the comparison of the books afterwards.

`make chaos` starts a whole shop of its own (PostgreSQL, Valkey, web, two workers, two
schedulers) and two providers to practise on, lets customers order through pages and API
from several threads, and meanwhile kills, flushes, restarts and delivers twice. Then it
heals everything, waits for rest, and compares what clients were told, what our database
says and what the providers' own books say. Every column but a few must be zero.

`make chaos-teeth` puts deliberate mistakes into the workers, one after another, and
shows which column finds each of them.

    trial      one run from the first process to the verdict
    processes  the shop's processes and the sandboxes
    furnishing the catalogue, the customers and their keys
    wishes     what customers want, drawn from the seed
    placing    customers: a browser without scripts, and a program
    storm      what is done to the shop meanwhile
    resting    healing, and waiting until nothing moves any more
    books      everything that was written down about it, here and upstream
    comparing  the books side by side: zeros must be zero, facts are only told
    teeth      what `make chaos-teeth` breaks, and which comparison finds it
    mistakes   how it is broken: inside the shop's processes only
"""
