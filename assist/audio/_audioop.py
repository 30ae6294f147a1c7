"""`audioop` without its warning that it is leaving the standard library: `audioop-lts` brings it back on 3.13."""

import warnings

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "'audioop' is deprecated", DeprecationWarning)
    import audioop

__all__ = ["audioop"]
