"""What people answer becomes knowledge: kept, shown to whoever may read it, undone, asked about."""
