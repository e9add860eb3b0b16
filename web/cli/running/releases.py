"""Released plans, carried out by the worker within a moment of the second signature.

The one law: *the worker decides nothing*: it carries out what two officers of
today have signed, and leaves to the night what the night must judge.
"""

from collections.abc import Iterator

from iam.errors import Busy, IamError
from iam.jobs.released import any_released, carry_out_all_released
from iam.record.columns import jst_day
from iam.sync.stored.plans import PlanState
from web.body.job import job_for
from web.cli.wiring import Desk


def carry_out(desk: Desk) -> Iterator[str]:
    """Carry out what waits; a sentence for each plan, or for what stood in the way.

    Raises:
        StoreError, Busy: when the database does not answer as it should.
    """
    store = desk.store
    if not any_released(store):
        return
    judged = desk.judged()
    if not judged.gives:
        yield f"保留を解除された計画を適用していません。{judged.why_not}"
        return
    try:
        # The day of now: a worker outlives many of them.
        job = job_for(
            desk.deployment, store, desk.actor, today=jst_day(store.clock()), progress=lambda _what, _done, _of: None
        )
        done = carry_out_all_released(job)
    except Busy:
        # A run is under way; it is tried again at the next look, and the next night begins with it.
        return
    except IamError as error:
        yield f"保留を解除された計画を適用できませんでした。{error}"
        return
    for stored in done:
        yield f"計画 {stored.id}: {'適用しました' if stored.state is PlanState.APPLIED else stored.state.label_ja}。"
