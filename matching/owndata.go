package matching

import "homecoming/market"

// OwnTables are what this room keeps about a person, as they may take it out.
var OwnTables = []market.OwnTable{
	{Name: "saved_searches", Query: `SELECT s.id, s.kind, c.name AS company, s.name, s.text, s.skills, s.budget_from, s.due_by, s.available_by, s.max_rate, s.rhythm, s.paused_at, s.created_at
		FROM saved_searches s LEFT JOIN companies c ON c.id = s.company_id WHERE s.person_id = @person ORDER BY s.created_at, s.id`},
}
