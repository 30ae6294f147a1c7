"""The web, as it may be asked on behalf of somebody who wrote an address: in a campaign, for webhooks, by the API.

Such an address is only a wish. It must be public, whatever its name resolves to, and its answer may be neither long
nor late.
"""
