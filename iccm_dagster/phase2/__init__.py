"""phase2: which requirements does this code meet? Written by a small decoder, judged by what can be rebuilt from them.

Read in this order: recipe, groups (what one requirement is written from), dataset (examples), source (the frozen encoder), model (the
writer), losses, train_supervised (stage 1), select (10-20 requirements of an application), reward (requirements ->
executed pass rates), train_reconstruction (stage 2), evaluate (texts and pass rates against gold and baselines).
"""
