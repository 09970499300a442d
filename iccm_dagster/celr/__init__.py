"""CELR: solve a task by trying, testing and reflecting; then learn from the attempts.

Read in this order: recipe, states (what may be done next), transitions (the pure part of the agent), heuristic (today's
policy), tasks, reflection (what failed, as advice), refining (what failed, as other requirements), ladder (whom to ask, at
which price), simulated (models without a model), agent (the loop), collect and control (many runs), standalone (a whole
catalogue); events, scrub, log, trajectories, buckets and gold (what is kept); scorer, judge_answers, self_reward (what runs
and answers are worth), pairs, export_rows, exports, pipeline and summary (what can be learned from); dpo_data, tiny_lm,
train_dpo, writer_preference, gate (learning it).
"""
