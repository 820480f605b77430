def pieces():
    return []


def piece(name, where):
    return {}
