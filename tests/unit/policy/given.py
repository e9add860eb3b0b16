"""A small policy, and profiles laid over it, as texts in the test."""

import tomllib
from pathlib import Path

from iam.policy.loading import Layer, build
from iam.policy.profile import Profile

ROOT = """
[body]
name = "ひな形"
kind = "ひな形"
policy = "方針"

[parameters_confidential]
value = false
clause = "baseline"

[default_zone]
value = "office"
clause = "baseline"

[network]
dormancy_days = { value = 90, clause = "baseline" }
audit_retention_years = { value = 3, clause = "baseline" }
handover_overlap_days = { value = 0, clause = "baseline" }

[zones.office]
label = "庁内"
clause = "baseline"
handover_overlap_days = { value = 5, clause = "baseline" }

[zones.sealed]
label = "隔離"
clause = "baseline"
dormancy_days = { value = 60, clause = "baseline" }
handover_overlap_days = { value = 0, clause = "baseline" }

[categories.regular]
label = "正規職員"
kind = "staff"
default_end = "none"
clause = "baseline"

[categories.yearly]
label = "会計年度任用職員"
kind = "staff"
default_end = "fiscal_year_end"
clause = "baseline"

[titles."統括"]
state = "assigned"
post = "次長"
held_by = [{ title = ["D2"] }]
roles = ["general_officer"]
clause = "baseline"

[titles."承認"]
state = "assigned"
post = "局長"
held_by = [{ title = ["D1"] }]
roles = ["approver"]
clause = "baseline"

[titles."人事"]
state = "assigned"
post = "総務課長"
held_by = [{ title = ["K1"] }]
roles = ["hr_officer"]
clause = "baseline"

[titles."所管"]
state = "assigned"
post = "各課の長"
held_by = [{ title = ["K"] }]
roles = ["system_owner"]
clause = "baseline"

[titles."運用"]
state = "assigned"
post = "情報係"
held_by = [{ title = ["S1"] }]
roles = ["operator"]
clause = "baseline"

[titles."監査"]
state = "assigned"
post = "監査委員事務局長"
held_by = [{ title = ["A1"] }]
roles = ["auditor"]
clause = "baseline"

[guard]
feed_total = { share = 0.05, minimum = 1, clause = "baseline" }
feed_department = { share = 0.3, clause = "baseline" }
department = { share = 0.3, clause = "baseline" }
attribute = { share = 0.2, clause = "baseline" }
ceiling = { share = 0.5, clause = "baseline" }

[guard.plan]
revoke = { count = 200, share = 0.05, clause = "baseline" }
disable = { count = 20, share = 0.05, clause = "baseline" }
create = { count = 200, share = 0.1, clause = "baseline" }
modify = { share = 0.2, clause = "baseline" }
enable = { count = 200, share = 0.1, clause = "baseline" }
grant = { share = 0.2, clause = "baseline" }
delete = { count = 20, share = 0.02, clause = "baseline" }

[accounts]
absence_runs = { value = 3, clause = "baseline" }
lapsed_grace_days = { value = 60, clause = "baseline" }
term_notice_days = { value = [30, 14], clause = "baseline" }
retention_days = { value = 365, clause = "baseline" }
review_interval_months = { value = 3, clause = "baseline" }

[privileged]
dormancy_days = { value = 30, clause = "baseline" }
audit_retention_years = { value = 7, clause = "baseline" }
review_interval_months = { value = 1, clause = "baseline" }
window = { value = 60, clause = "baseline" }
longest = { value = 240, clause = "baseline" }
rest = { value = 60, clause = "baseline" }
witness = { value = true, clause = "baseline" }
alone = { value = "pause", clause = "baseline" }
witness_silence = { value = 120, clause = "baseline" }
delegation_days = { value = 92, clause = "baseline" }
pending_days = { value = 7, clause = "baseline" }
record_days = { value = 1, clause = "baseline" }
emergency = { value = 60, clause = "baseline" }

[review]
opens_on = { value = 15, clause = "baseline" }
after_april = { value = true, clause = "baseline" }
april_on = { value = 10, clause = "baseline" }
due = { value = 10, clause = "baseline" }
remind = { value = [5, 1], clause = "baseline" }
escalate = { value = 3, clause = "baseline" }
silence = { value = "suspend", clause = "baseline" }
peers = { value = 5, clause = "baseline" }
peers_share = { value = 10, clause = "baseline" }
many = { value = 50, clause = "baseline" }
pace = { value = 3, clause = "baseline" }
test_names = { value = ["test*", "dev*", "*_test", "テスト*"], clause = "baseline" }

[signin]
reauthentication = { value = 5, clause = "baseline" }
warning = { value = 2, clause = "baseline" }
temporary_code_life = { value = 24, clause = "baseline" }
approved_keys = { value = [], clause = "baseline" }
attestation = { value = "none", clause = "baseline" }
japanese_era = { value = true, clause = "baseline" }
clock_offset = { value = 1, clause = "baseline" }

[signin.general]
second_factor = { value = true, clause = "baseline" }
phishing_resistant = { value = false, clause = "baseline" }
synced_keys = { value = true, clause = "baseline" }
totp_previous_step = { value = true, clause = "baseline" }
password_alone = { value = 15, clause = "baseline" }
password_with_factor = { value = 10, clause = "baseline" }
history = { value = 10, clause = "baseline" }
rotation = { mode = "off", clause = "baseline" }
temporary_life = { value = 72, clause = "baseline" }
delay_after = { value = 5, clause = "baseline" }
disable_at = { value = 50, clause = "baseline" }
idle = { value = 30, clause = "baseline" }
overall = { value = 10, clause = "baseline" }

[signin.zones.sealed]
password_with_factor = { value = 12, clause = "baseline" }
idle = { value = 15, clause = "baseline" }

[signin.privileged]
phishing_resistant = { value = true, clause = "baseline" }
synced_keys = { value = false, clause = "baseline" }
totp_previous_step = { value = false, clause = "baseline" }
password_with_factor = { value = 15, clause = "baseline" }
delay_after = { value = 3, clause = "baseline" }
disable_at = { value = 10, clause = "baseline" }
idle = { value = 10, clause = "baseline" }
overall = { value = 4, clause = "baseline" }

[entry.general]
unregistered = { value = "step_up", clause = "baseline" }
outside = { value = "permission", clause = "baseline" }
public = { value = "deny", clause = "baseline" }
across = { value = "flows", clause = "baseline" }

[entry.zones.sealed]
unregistered = { value = "deny", clause = "baseline" }
across = { value = "none", clause = "baseline" }
"""


def layer(text: str, source: str = "body.toml") -> Layer:
    return Layer(source, Path("folder"), tomllib.loads(text))


def a_profile(*overlays: str) -> Profile:
    """The small policy with these texts laid over it in turn."""
    return build([layer(ROOT, "root.toml"), *(layer(text) for text in overlays)])
