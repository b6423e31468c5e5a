"""What another user of the machine is refused, by owners and modes that the units give to files."""

from ladder.probes import files, needed
from ladder.refusals.refusal import Refusal

NEIGHBOUR = ("User=nobody",)
REFUSED = (
    Refusal(files.read_queue, "EACCES", "StateDirectoryMode="),
    Refusal(files.read_password, "EACCES", "User="),
    Refusal(files.read_password_of_publisher, "EACCES", "LoadCredential="),
    Refusal(needed.find_wall, "EACCES", "SocketMode="),
)
