// Package markettest makes small worlds for tests: companies, their people by role, alumni with stints and skills,
// tasks and bids, on a database of the test's own.
//
//	w := markettest.New(t)
//	aoi := w.Company("Aoi")
//	yumi := aoi.Alumnus("Takahashi Yumi", markettest.Worked("Tax", "2014-04-01", "2023-03-31"))
//	task := aoi.Task("Close the books", 300_000)
//	bid := w.Bid(yumi, task, 280_000)
//
// It is for tests alone, and decides nothing: what it makes goes through the market's own functions, except for
// memberships and skills, which stand in the place of an import.
//
// Three things to know:
//
//   - The clock stands at [Start] until a test moves it; dates in a world are dates in Tokyo.
//   - Every method fails the test on its own when something goes wrong, so tests stay short.
//   - [Resolve] is enough of matching's ResolveSkill for tests that are not about skills' names.
package markettest
