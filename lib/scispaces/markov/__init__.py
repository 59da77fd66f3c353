"""Jump processes with rates: generators, propagation, joint laws, relaxation, simulation."""
