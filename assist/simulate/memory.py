"""mod_hash of the simulated switch: what somebody had it remember, by realm and key."""

from assist.simulate.switchboard import Switchboard

USAGE = "-ERR Usage: hash insert|insert_ifempty|select|delete|delete_ifmatch/realm/key[/value]\n"


def remember(board: Switchboard, argument: str) -> str:
    """Obey ``hash``, as much of it as is used: ``insert``, ``delete``."""
    verb, realm, key, *value = [*argument.split("/", 3), "", ""][:4]
    name = f"{realm}_{key}"
    if verb == "insert" and value:
        board.memory[name] = value[0]
        return "+OK\n"
    if verb == "delete":
        return "+OK\n" if board.memory.pop(name, None) is not None else "-ERR Not found\n"
    return USAGE


def dump(board: Switchboard, argument: str) -> str:
    """Obey ``hash_dump db REALM``."""
    _, _, realm = argument.partition(" ")
    return "".join(f"D/{name}/{value}\n" for name, value in board.memory.items() if f"{realm}_" in name)
