"""The records of the service's runs, in one DynamoDB table: its authority on what state a run is in.

Items, by partition key `pk` (there is no sort key; `expires_at` is the table's TTL attribute):

    RUN#<run_id>                      a run, as `RunRecord`
    KEY#<sha256 of owner and key>     which run an idempotency key stands for, for a day
    ACTIVE#<owner>  ACTIVE#*          `active`: live runs of a principal; launched ones of the environment
    SPEND#<owner>#<day>  SPEND#*#<day>  `usd`: dollars of a day (UTC): of a principal's runs accepted then, of the
                                      environment's launched then; by what they may cost until they end

Index `by_owner` (owner, run_id) lists a principal's runs. The sparse index `live` (live, changed_at) holds the
runs that have not ended under "1", and the counters under "counter".

Every write is conditional, so callers may be late, repeat themselves or race: a terminal status is never overwritten,
and the transaction that ends a run gives back its places in the counters and the dollars that it did not spend, so both
happens exactly once. A run holds its principal's place while it is live, and the environment's while it is LAUNCHING or
RUNNING; the dollars likewise.
"""

from kaiseki.stores.dynamodb.counters import ENVIRONMENT, Counter
from kaiseki.stores.dynamodb.record import Limits, RunRecord, takes_a_place
from kaiseki.stores.dynamodb.records import RunRecords
from kaiseki.stores.dynamodb.refusals import Ended, EnvironmentFull, KeyReused, NotLaunched, OverLimit

__all__ = [
    "ENVIRONMENT",
    "Counter",
    "Ended",
    "EnvironmentFull",
    "KeyReused",
    "Limits",
    "NotLaunched",
    "OverLimit",
    "RunRecord",
    "RunRecords",
    "takes_a_place",
]
