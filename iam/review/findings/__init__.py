"""What is found about the accounts of a review: each kind computed over the frozen lines, with its evidence.

The one law: *every finding says why*: what it rests on stands in its evidence, in words that an officer can check, and
the clause that asks about it beside it.

`Finding.evidence` is JSON.  Keys that every kind has, where they are known (else null or ""):

- `used` last sign-in (instant, ISO), `where` it was seen, `created` (instant);
- `status` (iam.people.standing.Status), `since` (day), `post` the appointment in words: how 人事 knows the owner;
- `former` the last decision, in words.

Keys of one kind:

- `days`: UNUSED, NEVER_USED days without use, `limit` days allowed, `zone` its label, `strict` whether it is privileged;
- `link`: NO_OWNER, ROGUE the number that the account carries; `protected_until`: ROGUE, a protection that ran out;
- `rights`: OWNER_LEFT, OWNER_MOVED, ROGUE, NO_DELEGATION, UNUSUAL_RIGHT, as [[code, name, …]] (see `said`);
- `until`: CONTRACT_OVER, PROJECT_OVER (day), with `project`, `company`;
- `keeper`, `keeper_status`, `keeper_post`, `keeper_unit`: KEEPER_GONE; `members`, `changed`: MEMBER_GONE;
- `pattern`: TEST_ID, DEVELOPMENT by name; `kinds`, `zone`: NO_SECOND_FACTOR; `company`, `sponsor`: NO_SPONSOR.
"""

from iam.review.findings.finding import find
from iam.review.findings.saying import said

__all__ = ["find", "said"]
