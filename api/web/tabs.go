package web

import (
	"context"

	"homecoming/api/web/ui"
	"homecoming/market"
)

func taskTabs(ctx context.Context, chosen market.TaskState) []ui.Link {
	tabs := []ui.Link{{Href: "/tasks", Label: ui.T(ctx, "tasks.all"), Current: chosen == ""}}
	for _, s := range taskStates {
		tabs = append(tabs, ui.Link{Href: "/tasks?state=" + string(s), Label: ui.T(ctx, "state.task."+string(s)), Current: s == chosen})
	}
	return tabs
}

// peopleTabs are the pages about people that stand beside one another; the alumni office has more of them.
func peopleTabs(ctx context.Context, here string, office bool) []ui.Link {
	tabs := []ui.Link{{Href: "/people", Label: ui.T(ctx, "people.title")}, {Href: groupPeoplePath, Label: ui.T(ctx, "group.people")}}
	if office {
		tabs = append(tabs, ui.Link{Href: claimsPath, Label: ui.T(ctx, "claim.list")}, ui.Link{Href: farewellsPath, Label: ui.T(ctx, "farewell.list")},
			ui.Link{Href: companyConsentsPath, Label: ui.T(ctx, "consent.office")},
			ui.Link{Href: departmentsPath, Label: ui.T(ctx, "dep.title")}, ui.Link{Href: entitiesPath, Label: ui.T(ctx, "entity.title")},
			ui.Link{Href: "/skills", Label: ui.T(ctx, "skills.more")}, ui.Link{Href: companyRecordsPath, Label: ui.T(ctx, "record.list")},
			ui.Link{Href: "/people/exposure", Label: ui.T(ctx, "exposure.link")}, ui.Link{Href: networkPath, Label: ui.T(ctx, "network.link")})
	}
	for i := range tabs {
		tabs[i].Current = tabs[i].Href == here
	}
	return tabs
}
