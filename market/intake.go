package market

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"homecoming/internal/jobs"
)

// An intake takes people from an HR file into one company, inside the caller's transaction. It compares with what is
// there and writes only what differs, a few statements for a whole batch.
//
// Nobody known elsewhere is touched: their address gives a stand-in person and a proposal that they can answer. What
// somebody who has been here says of themselves stands, whatever the file says.
type intake struct {
	s           *Service
	tx          *gorm.DB
	c           Company
	report      *ImportReport
	departments map[string]departmentMeant // by lower-case name
	skills      map[string]string          // by lower-case name
	entities    []Entity                   // of the company
}

// newIntake begins one; skills are those that earlier batches found, and what this one finds is added.
func (s *Service) newIntake(tx *gorm.DB, c Company, r *ImportReport, skills map[string]string) *intake {
	return &intake{s: s, tx: tx, c: c, report: r, skills: skills}
}

// A comer is one address of the file on its way in.
type comer struct {
	hrPerson
	membership  uuid.UUID
	person      Person
	fresh       bool      // the membership is made by this import
	unknown     bool      // the person too
	ours        bool      // this company alone knows the person, who has not been here yet: the file may correct them
	knownAs     uuid.UUID // the person elsewhere whom a proposal asks
	rows        []intakeRow
	moved       bool // something that counts in rankings changed
	leaves      bool // the end of a stint that was known changed
	changedRows map[int]bool
	differences []Difference // of the person
}

// An intakeRow is a row with its names resolved.
type intakeRow struct {
	hrRow
	department *uuid.UUID // today's
	formerly   *uuid.UUID // the one that the row names, where that was merged
	held       []HeldSkill
	words      []TypedSkill // what means several skills
}

// take brings a batch of people in and counts their rows.
func (in *intake) take(people []hrPerson) error {
	// Two imports into one company take turns, so that neither sees half of the other.
	if err := importsTakeTurns(in.tx, in.c.ID); err != nil {
		return err
	}
	var err error
	if in.departments, err = departmentsByName(in.tx, in.c.ID); err != nil {
		return err
	}
	if in.entities, err = entitiesOf(in.tx, in.c.ID); err != nil {
		return err
	}
	comers := make([]*comer, 0, len(people))
	for _, p := range people {
		c := &comer{hrPerson: p, changedRows: map[int]bool{}}
		for _, row := range p.rows {
			if err := in.resolve(c, row); err != nil {
				return err
			}
		}
		if len(c.rows) > 0 {
			comers = append(comers, c)
		}
	}
	for _, step := range []func([]*comer) error{in.recognise, in.correct, in.addStints, in.addSkills, in.addWords, in.note, in.bidFarewell} {
		if err := step(comers); err != nil {
			return err
		}
	}
	for _, c := range comers {
		in.count(c)
	}
	return nil
}

// importsTakeTurns holds a company's imports until the transaction ends, and whoever else asks for the same.
func importsTakeTurns(tx *gorm.DB, company uuid.UUID) error {
	return tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('market.import:' || ?, 0))", company.String()).Error
}

// resolve turns a row's names into ids, and sets the row aside when it says a stint again.
func (in *intake) resolve(c *comer, row hrRow) error {
	out := intakeRow{hrRow: row}
	department, err := in.department(row.department)
	if err != nil {
		return err
	}
	if department.ID != uuid.Nil {
		out.department, out.formerly = &department.ID, department.Formerly
	}
	for _, earlier := range c.rows {
		if same(earlier.department, out.department) && earlier.joinedOn == row.joinedOn {
			in.report.Duplicates++
			in.report.fault(faultOn(row.line, "joined_on", ErrDuplicateRow.With("first", earlier.line)))
			return nil
		}
	}
	for _, k := range row.skills {
		id, err := in.skill(k.name)
		if errors.Is(err, ErrSkillAmbiguous) { // the row goes in, its words wait for somebody to say which is meant
			in.report.fault(faultOn(row.line, "skills", asProblem(err)))
			out.words = append(out.words, TypedSkill{Words: k.name, Evidence: k.evidence, CompanyID: in.attestedBy(k.evidence), Level: k.level})
			continue
		}
		if p := asProblem(err); p != nil {
			in.report.Rejected++
			in.report.fault(faultOn(row.line, "skills", p))
			return nil
		}
		if err != nil {
			return err
		}
		out.held = append(out.held, HeldSkill{SkillID: id, Evidence: k.evidence, CompanyID: in.attestedBy(k.evidence), Level: k.level, Typed: k.name})
	}
	c.rows = append(c.rows, out)
	return nil
}

// attestedBy is the company for what it vouches for, and nobody for what the file says in the person's own name.
func (in *intake) attestedBy(e Evidence) *uuid.UUID {
	if e == Self {
		return nil
	}
	return &in.c.ID
}

func (in *intake) department(name string) (departmentMeant, error) {
	key := strings.ToLower(name)
	if meant, known := in.departments[key]; known {
		return meant, nil
	}
	meant, err := departmentNamed(in.tx, in.c.ID, name)
	in.departments[key] = meant
	return meant, err
}

// entity is the legal entity that a file's text means, nil for none.
func (in *intake) entity(text string) *uuid.UUID {
	for _, e := range in.entities {
		if e.called(text) {
			return &e.ID
		}
	}
	return nil
}

func (in *intake) skill(name string) (string, error) {
	key := strings.ToLower(name)
	if id, known := in.skills[key]; known {
		return id, nil
	}
	id, err := in.s.resolve(in.tx, in.c.ID, name)
	if err == nil {
		in.skills[key] = id
	}
	return id, err
}

// correct writes what the file says of people whom this company alone knows and who have not spoken for themselves.
func (in *intake) correct(comers []*comer) error {
	for _, c := range comers {
		if c.unknown || !c.ours {
			continue
		}
		before := c.person
		c.describe(in.c.Currency)
		c.differences = differences(before, c.person)
		if len(c.differences) == 0 {
			continue
		}
		c.moved = !same(before.HourlyRate, c.person.HourlyRate) || !same(before.AvailableFrom, c.person.AvailableFrom)
		err := in.tx.Model(&c.person).Select("family_name", "given_name", "family_kana", "given_kana", "hourly_rate", "rate_currency",
			"available_from", "registration_number").Updates(&c.person).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// describe takes the rows' words about the person over; a later row wins, an empty cell says nothing.
func (c *comer) describe(currency string) {
	for _, r := range c.rows {
		if r.familyName != "" || r.givenName != "" { // one name: a missing half is missing
			c.person.FamilyName, c.person.GivenName = r.familyName, r.givenName
		}
		c.person.FamilyKana = cmp.Or(r.familyKana, c.person.FamilyKana)
		c.person.GivenKana = cmp.Or(r.givenKana, c.person.GivenKana)
		c.person.RegistrationNumber = cmp.Or(r.registrationNumber, c.person.RegistrationNumber)
		if r.hourlyRate != nil {
			c.person.HourlyRate, c.person.RateCurrency = r.hourlyRate, currency
		}
		c.person.AvailableFrom = cmp.Or(r.availableFrom, c.person.AvailableFrom)
	}
}

// differences lists what changed between two versions of a person.
func differences(a, b Person) []Difference {
	var list []Difference
	for _, f := range []Difference{{"family_name", a.FamilyName, b.FamilyName}, {"given_name", a.GivenName, b.GivenName},
		{"family_kana", a.FamilyKana, b.FamilyKana}, {"given_kana", a.GivenKana, b.GivenKana},
		{"registration_number", a.RegistrationNumber, b.RegistrationNumber},
		{"hourly_rate", shown(a.rate()), shown(b.rate())}, {"available_from", shown(a.AvailableFrom), shown(b.AvailableFrom)}} {
		if f.From != f.To {
			list = append(list, f)
		}
	}
	return list
}

// shown writes an optional value, empty when it is missing.
func shown[T interface{ String() string }](v *T) string {
	if v == nil {
		return ""
	}
	return (*v).String()
}

// addStints adds the stints that are new and mends those whose end, departure or entity differs.
func (in *intake) addStints(comers []*comer) error {
	var there []Stint
	if err := in.tx.Where("membership_id IN ?", orNone(memberships(comers))).Find(&there).Error; err != nil {
		return err
	}
	var fresh []Stint
	for _, c := range comers {
		for _, row := range c.rows {
			i := slices.IndexFunc(there, func(s Stint) bool {
				return s.MembershipID == c.membership && s.JoinedOn == row.joinedOn && same(s.DepartmentID, row.department)
			})
			if i < 0 {
				fresh = append(fresh, Stint{ID: newID(), CompanyID: in.c.ID, MembershipID: c.membership, DepartmentID: row.department, FormerlyID: row.formerly,
					Entity: row.entity, EntityID: in.entity(row.entity), JoinedOn: row.joinedOn, LeftOn: row.leftOn, Departure: row.departure})
				in.changed(c, row, "created", Difference{"stint", "", row.joinedOn.String() + " – " + shown(row.leftOn)})
				continue
			}
			if err := in.mendStint(c, row, there[i]); err != nil {
				return err
			}
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	return in.tx.CreateInBatches(&fresh, 500).Error
}

func (in *intake) mendStint(c *comer, row intakeRow, s Stint) error {
	var fields []Difference
	if !same(s.LeftOn, row.leftOn) {
		c.leaves = true
		fields = append(fields, Difference{"left_on", shown(s.LeftOn), shown(row.leftOn)})
	}
	if s.Entity != row.entity {
		fields = append(fields, Difference{"entity", s.Entity, row.entity})
	}
	departure := cmp.Or(row.departure, s.Departure) // an empty cell says nothing
	if row.leftOn == nil {
		departure = ""
	}
	if s.Departure != departure {
		fields = append(fields, Difference{"departure", string(s.Departure), string(departure)})
	}
	if len(fields) == 0 {
		return nil
	}
	in.changed(c, row, "updated", fields...)
	return in.tx.Exec("UPDATE stints SET left_on = ?, entity = ?, entity_id = ?, departure = ? WHERE id = ?", row.leftOn, row.entity, in.entity(row.entity), departure, s.ID).Error
}

// changed notes what a row made different.
func (in *intake) changed(c *comer, row intakeRow, what string, fields ...Difference) {
	c.moved, c.changedRows[row.line] = true, what == "created"
	in.report.change(ImportChange{Line: row.line, Email: c.email, What: what, Fields: fields})
}

// addSkills writes the statements of the rows that are new or have another level. Nothing is taken away: another
// file may have said it.
func (in *intake) addSkills(comers []*comer) error {
	people := make([]uuid.UUID, len(comers))
	for i, c := range comers {
		people[i] = c.person.ID
	}
	var there []HeldSkill
	if err := in.tx.Where("person_id IN ? AND (company_id = ? OR company_id IS NULL) AND attested_by IS NULL", orNone(people), in.c.ID).Find(&there).Error; err != nil {
		return err
	}
	known := map[heldKey]int{}
	for _, h := range there {
		known[h.key()] = h.Level
	}
	var writes []HeldSkill
	for _, c := range comers {
		for _, h := range c.held() {
			h.PersonID = c.person.ID
			level := known[h.key()]
			if level == h.Level || h.Evidence == Self && !c.ours {
				continue
			}
			writes = append(writes, h)
			c.moved = true
			c.differences = append(c.differences, Difference{"skills", levelOf(h.SkillID, level), levelOf(h.SkillID, h.Level)})
		}
	}
	if len(writes) == 0 {
		return nil
	}
	return in.tx.Clauses(clause.OnConflict{OnConstraint: "person_skill_once", DoUpdates: clause.AssignmentColumns([]string{"level"})}).
		CreateInBatches(&writes, 500).Error
}

// A heldKey tells apart what is said about skills of many people.
type heldKey struct {
	person   uuid.UUID
	skill    string
	evidence Evidence
}

func (h HeldSkill) key() heldKey { return heldKey{h.PersonID, h.SkillID, h.Evidence} }

// held is what all rows together say; of two levels for one skill the later counts.
func (c *comer) held() []HeldSkill {
	var list []HeldSkill
	for _, row := range c.rows {
		for _, h := range row.held {
			i := slices.IndexFunc(list, func(o HeldSkill) bool { return o.key() == h.key() })
			if i < 0 {
				list = append(list, h)
				continue
			}
			list[i].Level = h.Level
		}
	}
	return list
}

func levelOf(skill string, level int) string {
	if level == 0 {
		return ""
	}
	return skill + ":" + itoa(level)
}

// note tells the index whose place may have moved, and those who are known elsewhere that they are asked.
func (in *intake) note(comers []*comer) error {
	var moved []uuid.UUID
	var letters []*comer
	for _, c := range comers {
		if c.moved || c.fresh {
			moved = append(moved, c.person.ID)
		}
		if c.fresh && c.knownAs != uuid.Nil {
			letters = append(letters, c)
		}
	}
	err := in.tx.Exec(`INSERT INTO index_pending (company_id, membership_id)
		SELECT company_id, id FROM ranked_as WHERE person_id IN ? ORDER BY id`, orNone(moved)).Error
	if err != nil {
		return err
	}
	for _, c := range letters {
		if err := jobs.Enqueue(in.tx, Letter{Letter: LetterLink, PersonID: c.knownAs, CompanyID: in.c.ID, Path: "/profile"}); err != nil {
			return err
		}
	}
	return nil
}

// bidFarewell plans the letters of those whose last day the file sets. Who is new here and left before today is history, and
// for the office to invite.
func (in *intake) bidFarewell(comers []*comer) error {
	today := in.c.Today(in.s.clock.Now())
	var known, fresh []uuid.UUID
	for _, c := range comers {
		switch {
		case c.leaves:
			known = append(known, c.membership)
		case c.moved:
			fresh = append(fresh, c.membership)
		}
	}
	if len(fresh) > 0 {
		if err := in.s.planFarewells(in.tx, fresh, today); err != nil {
			return err
		}
	}
	if len(known) == 0 {
		return nil
	}
	return in.s.planFarewells(in.tx, known, today.AddDays(-farewellGrace))
}

// count puts each row of a person where it belongs. What changed about the person counts on their rows.
func (in *intake) count(c *comer) {
	if len(c.differences) > 0 && !c.fresh {
		in.report.change(ImportChange{Line: c.rows[0].line, Email: c.email, What: "updated", Fields: c.differences})
	}
	for _, row := range c.rows {
		switch made, touched := c.changedRows[row.line]; {
		case made:
			in.report.Created++
		case touched || len(c.differences) > 0:
			in.report.Updated++
		default:
			in.report.Unchanged++
		}
	}
}

func memberships(comers []*comer) []uuid.UUID {
	ids := make([]uuid.UUID, len(comers))
	for i, c := range comers {
		ids[i] = c.membership
	}
	return ids
}
