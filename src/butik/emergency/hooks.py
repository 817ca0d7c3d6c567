"""What an emergency means for others, without knowing them: signals, sent after the commit of each step.

An app of this service listens in its `AppConfig.ready` (unattended stores, which close on activation unless their owner
named them, will). A receiver that fails is logged and stops nobody. A service that dies right after the
commit tells nobody: who must not miss it looks at `models.Emergency` too, now and then.
All are sent with `emergency=` (models.Emergency), those of one store also with `store=` (organisation.models.Store).
"""

from django.dispatch import Signal

activated = Signal()
released = Signal()  # of one store: its devices stop selling
recovered = Signal()  # of one store: normal selling goes on
ended = Signal()
