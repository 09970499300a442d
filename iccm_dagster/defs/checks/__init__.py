"""Asset checks, one module per stage: each target of the seeds on the asset it judges, with the number and the sample
size."""
