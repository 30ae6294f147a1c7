"""The files of an installation that campaigns are made of."""

from dataclasses import dataclass
from pathlib import Path

from assist.assistant import Assistants
from assist.campaign.demands import Demands, demands_of
from assist.campaign.loading import Campaigns
from assist.campaign.plans import Plan, Plans
from assist.campaign.policy import Policies, load_policies
from assist.campaign.trunks import Trunks
from assist.settings import Settings


@dataclass(frozen=True, slots=True)
class Files:
    """Campaigns, with the assistants that hold their calls and the policies that they keep to."""

    directory: Path
    """Of the campaigns."""
    assistants: Assistants
    policies: Policies
    trunks: Trunks
    campaigns: Campaigns
    plans: Plans

    def demands(self, plan: Plan) -> Demands:
        """Return what the campaign asks of its list. Raises `ConfigurationError`."""
        return demands_of(plan.campaign, self.assistants.get(plan.campaign.assistant), self.policies)

    def list_of(self, plan: Plan) -> Path | None:
        """Return the list that the campaign names, if it does."""
        return self.directory / plan.campaign.list if plan.campaign.list else None


def read_files(settings: Settings) -> Files:
    """Return the files of an installation. Raises `ConfigurationError` with every mistake in the policies."""
    directory = settings.files.campaigns_dir
    assistants = Assistants(settings.files.assistants_dir)
    policies = load_policies(settings.files.policies_dir)
    trunks = Trunks(settings.files.trunks)
    campaigns = Campaigns(directory, assistants, policies, trunks)
    return Files(directory, assistants, policies, trunks, campaigns, Plans(campaigns, policies))
