package matching

// Best opens the loop to the tests of the package.
var Best = best

// ErrMoving is what Best returns when the index does not stand still.
var ErrMoving = errMoving
