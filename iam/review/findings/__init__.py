"""What is found about the accounts of a review: each kind computed over the frozen lines, with its evidence.

The one law: *every finding says why*: what it rests on stands in its evidence, in words that an officer can check, and
the clause that asks about it beside it.

`Finding.evidence` is JSON (days and instants are ISO texts); `said(kind, evidence)` reads it to people, `why` only its
reason.  Keys that every kind has, where they are known (else null or ""):

- `used` last sign-in (instant), `where` it was seen, `created` (instant);
- `status` (iam.people.standing.Status), `since` (day), `post` the appointment in words: how 人事 knows the owner;
- `former` the last decision, in words.

Keys of one kind (rights are the names that people read):

- NO_OWNER `link`; OWNER_LEFT `enabled`, `rights`; OWNER_MOVED `rights` [[name, why], …];
- UNUSED, NEVER_USED `days` without use, `limit` days allowed, `zone` its label, `strict` for privilege;
- CONTRACT_OVER `until`, `company`, `term` (of a person, not of a register); PROJECT_OVER `until`, `project`, `company`;
- ROGUE `link`, `linked` whose number it is, `deleted`, `rights`, `entry` (it is no account), `protected_until`,
  `protected_by`, `retired`;
- MISSING `read`, when the target was read; NO_KEEPER `purpose`;
- KEEPER_GONE `keeper`, `why` (left, away, stopped, moved), `keeper_status`, `keeper_since`, `then`, `now`, `purpose`;
- MEMBER_GONE `members` [[name, last day], …], `changed` the last change of the secret;
- NO_DELEGATION `rights`, `opened`, `nobody`; DEVELOPMENT, TEST_ID `pattern` of the name, `registered`;
- NO_SECOND_FACTOR `zone`, `factors`; UNUSUAL_RIGHT `rights` [[name, how many hold it, granted], …], `peers`, `unit`;
- NO_SPONSOR `company`, `sponsor`, `sponsor_status`.
"""

from iam.review.findings.finding import find
from iam.review.findings.saying import said, why

__all__ = ["find", "said", "why"]
