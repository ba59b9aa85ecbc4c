"""Files and folders: written whole or not at all, cached, downloaded, digested, owned."""
