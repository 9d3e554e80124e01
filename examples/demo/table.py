"""table.py EXPECTED TRIES: what was tried, what happened, which rule decided; 1 when one differs."""
import sys


def rows(path):
    with open(path, encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f if line.strip()]


got = {row[0]: row[1:] for row in rows(sys.argv[2])}
right = 0
table = [("", "tried", "what happened", "who decided")]
expected = rows(sys.argv[1])
for key, what, outcome, *scanner in expected:
    happened, reason = (got.get(key, []) + ["nothing", "-"])[:2]
    ok = happened.split()[:1] == outcome.split()[:1] and happened.startswith(outcome)
    ok = ok and (not scanner or reason.split(";")[0] == scanner[0])
    right += ok
    table.append(("ok" if ok else "NO", what, happened, reason))
width = [max(len(row[i]) for row in table) for i in range(4)]
for row in table:
    print("  ".join(cell.ljust(width[i]) for i, cell in enumerate(row)).rstrip())
print(f"{right} of {len(expected)} came out right")
sys.exit(right != len(expected))
