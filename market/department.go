package market

import (
	"slices"
	"strings"

	"cloud.google.com/go/civil"
	"github.com/google/uuid"
	"github.com/lib/pq"
	"gorm.io/gorm"

	"homecoming/internal/problem"
)

// A Department of a company, as it is today. People find it by its name, its English name, an alias, or what it was called
// before. A merged one stays as a signpost to the department that it became part of: whoever worked there counts for that
// one, and their stint keeps the name of its day.
type Department struct {
	ID         uuid.UUID
	CompanyID  uuid.UUID
	Name       string
	NameEN     string         `gorm:"column:name_en"`
	Aliases    pq.StringArray `gorm:"type:text[]"`
	AboveID    *uuid.UUID     // the department that it belongs to
	MergedInto *uuid.UUID     // never one that was merged itself
	MergedOn   *civil.Date    `gorm:"type:date"` // the first day on which it was part of that one
}

// A DepartmentPast is what a department was until a day, which is the first one on which it was not so any more.
type DepartmentPast struct {
	CompanyID    uuid.UUID
	DepartmentID uuid.UUID
	Until        civil.Date `gorm:"type:date"`
	Name         string
	NameEN       string `gorm:"column:name_en"`
	AboveID      *uuid.UUID
}

// A DepartmentEdit changes what a department is called and where it stands; nil leaves a thing as it is, and the nil id puts
// it on top. Since is from when on this holds; without it the department was always so, and nothing is remembered.
type DepartmentEdit struct {
	Name, NameEN *string
	Aliases      *[]string
	Above        *uuid.UUID
	Since        *civil.Date
}

// What can be wrong with a department.
var (
	ErrDepartmentTaken = problem.Define(problem.Conflict, "department_exists",
		"There is a department of this name already. Merge the two, or choose another name.", "同じ名前の部署がすでにあります。統合するか、別の名前にしてください。")
	ErrDepartmentBeneath = problem.Define(problem.Invalid, "department_beneath",
		"A department cannot stand under itself or under one of its own.", "自部署や、その配下の部署を上位に指定することはできません。")
	ErrDepartmentSince = problem.Define(problem.Invalid, "department_since",
		"The change must lie after {after} and not after today.", "変更日は{after}より後、かつ今日以前にしてください。")
	ErrDepartmentMerged = problem.Define(problem.Conflict, "department_merged",
		"This department was merged into another. Change that one instead.", "この部署は統合済みです。統合先の部署を変更してください。")
	ErrTooManyAliases   = problem.Define(problem.Invalid, "too_many_aliases", "A department takes at most {max} other names.", "部署の別名は{max}個までです。")
	ErrDepartmentItself = problem.Define(problem.Invalid, "department_itself",
		"Choose another department to merge it into.", "統合先には別の部署を選択してください。")
)

const maxAliases = 20

// changed gives the department after an edit, and what it was before where that is to be remembered. all are the company's
// departments, pasts what is remembered of this one already, today the company's day.
func (d Department) changed(e DepartmentEdit, all []Department, pasts []DepartmentPast, today civil.Date) (Department, *DepartmentPast, error) {
	after := d
	change(&after.Name, e.Name)
	change(&after.NameEN, e.NameEN)
	if e.Aliases != nil {
		after.Aliases = pq.StringArray(*e.Aliases)
	}
	if e.Above != nil {
		after.AboveID = e.Above
		if *e.Above == uuid.Nil {
			after.AboveID = nil
		}
	}
	switch {
	case d.MergedInto != nil:
		return d, nil, ErrDepartmentMerged
	case after.Name == "":
		return d, nil, ErrRequired.On("name")
	case len([]rune(after.Name)) > maxName:
		return d, nil, ErrTooLong.On("name").With("max", maxName)
	case len([]rune(after.NameEN)) > maxName:
		return d, nil, ErrTooLong.On("name_en").With("max", maxName)
	case len(after.Aliases) > maxAliases:
		return d, nil, ErrTooManyAliases.On("aliases").With("max", maxAliases)
	}
	if err := after.standsWell(all); err != nil {
		return d, nil, err
	}
	if e.Since == nil || after.Name == d.Name && after.NameEN == d.NameEN && same(after.AboveID, d.AboveID) {
		return after, nil, nil
	}
	if err := sinceFits(*e.Since, pasts, today); err != nil {
		return d, nil, err
	}
	return after, &DepartmentPast{CompanyID: d.CompanyID, DepartmentID: d.ID, Until: *e.Since, Name: d.Name, NameEN: d.NameEN, AboveID: d.AboveID}, nil
}

// standsWell refuses a place that is none, is merged away, or lies beneath the department.
func (d Department) standsWell(all []Department) error {
	for above := d.AboveID; above != nil; {
		i := slices.IndexFunc(all, func(o Department) bool { return o.ID == *above })
		switch {
		case i < 0 || all[i].MergedInto != nil:
			return ErrUnknownDepartment.On("above").With("value", *above)
		case all[i].ID == d.ID:
			return ErrDepartmentBeneath.On("above")
		}
		above = all[i].AboveID
	}
	return nil
}

// sinceFits wants the newest change to be the latest one.
func sinceFits(since civil.Date, pasts []DepartmentPast, today civil.Date) error {
	after := civil.Date{Year: 1900, Month: 1, Day: 1}
	for _, p := range pasts {
		if p.Until.After(after) {
			after = p.Until
		}
	}
	if !since.IsValid() || !since.After(after) || since.After(today) {
		return ErrDepartmentSince.On("since").With("after", after)
	}
	return nil
}

// DepartmentNamed finds the department of today that text means (id, name, English name, alias or former name, in any case),
// and makes it the company's own when nothing is known under that name. Empty text is no department: uuid.Nil.
func DepartmentNamed(tx *gorm.DB, company uuid.UUID, text string) (uuid.UUID, error) {
	meant, err := departmentNamed(tx, company, text)
	return meant.ID, err
}

// DepartmentKnown finds it too, and makes none: uuid.Nil where there is none.
func DepartmentKnown(g *gorm.DB, company uuid.UUID, text string) (uuid.UUID, error) {
	meant, err := departmentKnown(g, company, text)
	return meant.ID, err
}

// A departmentMeant is the department of today that some text means, and the merged one that it names, if it does.
type departmentMeant struct {
	ID       uuid.UUID
	Formerly *uuid.UUID
}

func departmentNamed(tx *gorm.DB, company uuid.UUID, text string) (departmentMeant, error) {
	text = strings.TrimSpace(text)
	found, err := departmentKnown(tx, company, text)
	if err != nil || found.ID != uuid.Nil || text == "" {
		return found, err
	}
	var made []uuid.UUID // gorm scans no bare uuid.UUID
	err = tx.Raw(`INSERT INTO departments (id, company_id, name) VALUES (?, ?, ?)
		ON CONFLICT (company_id, lower(name)) DO UPDATE SET name = departments.name RETURNING id`, newID(), company, text).Scan(&made).Error
	return departmentMeant{ID: first(made)}, err
}

// departmentsByName are the departments that names mean, in small letters, for a file that names them again and again; see
// departmentKnown for what goes before what.
func departmentsByName(tx *gorm.DB, company uuid.UUID) (map[string]departmentMeant, error) {
	all, err := departmentsOf(tx, company)
	if err != nil {
		return nil, err
	}
	var pasts []DepartmentPast
	if err := tx.Where("company_id = ?", company).Find(&pasts).Error; err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Department) int { return strings.Compare(a.ID.String(), b.ID.String()) })
	known := map[string]departmentMeant{}
	say := func(d Department, names ...string) {
		for _, name := range names {
			if _, taken := known[strings.ToLower(name)]; !taken && name != "" {
				known[strings.ToLower(name)] = d.meant()
			}
		}
	}
	for _, merged := range []bool{false, true} {
		for _, fit := range []func(Department) []string{Department.calledNow, Department.calledToo, func(d Department) []string { return d.calledBefore(pasts) }} {
			for _, d := range all {
				if (d.MergedInto != nil) == merged {
					say(d, fit(d)...)
				}
			}
		}
	}
	return known, nil
}

func (d Department) calledNow() []string { return []string{d.Name} }

func (d Department) calledToo() []string { return append([]string{d.NameEN}, d.Aliases...) }

func (d Department) calledBefore(pasts []DepartmentPast) (names []string) {
	for _, p := range pasts {
		if p.DepartmentID == d.ID {
			names = append(names, p.Name, p.NameEN)
		}
	}
	return names
}

// meant is the department of today for one that may be merged.
func (d Department) meant() departmentMeant {
	if d.MergedInto == nil {
		return departmentMeant{ID: d.ID}
	}
	id := d.ID
	return departmentMeant{ID: *d.MergedInto, Formerly: &id}
}

// departmentKnown prefers what is called so today to what was once, and a department that is there to one that was merged.
func departmentKnown(tx *gorm.DB, company uuid.UUID, text string) (departmentMeant, error) {
	var found []departmentMeant
	if text = strings.TrimSpace(text); text == "" {
		return departmentMeant{}, nil
	}
	err := tx.Raw(`SELECT coalesce(d.merged_into, d.id) AS id, CASE WHEN d.merged_into IS NOT NULL THEN d.id END AS formerly
		FROM departments d CROSS JOIN LATERAL (SELECT CASE WHEN d.id::text = @text THEN 0 WHEN lower(d.name) = lower(@text) THEN 1
			WHEN lower(d.name_en) = lower(@text) OR EXISTS (SELECT 1 FROM unnest(d.aliases) a WHERE lower(a) = lower(@text)) THEN 2
			WHEN EXISTS (SELECT 1 FROM department_pasts p WHERE p.department_id = d.id AND lower(@text) IN (lower(p.name), lower(p.name_en))) THEN 3 END AS fit) f
		WHERE d.company_id = @company AND f.fit IS NOT NULL ORDER BY d.merged_into IS NOT NULL, f.fit, d.id LIMIT 1`,
		map[string]any{"company": company, "text": text}).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return departmentMeant{}, err
	}
	return found[0], nil
}
