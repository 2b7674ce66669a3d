"""How often a stranger may knock."""

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

# A fixed window would let a stranger knock twice as often around its end; memory and Redis can move it.
limiter = Limiter(get_remote_address, headers_enabled=False, strategy="moving-window")
