"""Pure functions from query text to trees and plans."""
