"""Every planted bug whose test is named, by its name."""

from tests.mutations.accounts import ACCOUNTS
from tests.mutations.mutation import Mutation
from tests.mutations.others import OTHERS
from tests.mutations.rows import ROWS
from tests.mutations.security import SECURITY
from tests.mutations.survivors import SURVIVORS

CATALOGUE: dict[str, Mutation] = {**SURVIVORS, **ROWS, **OTHERS, **SECURITY, **ACCOUNTS}
