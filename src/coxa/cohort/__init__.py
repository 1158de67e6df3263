"""Statistics of studies: tables of patients and of repeated measurements go in, frozen results come out."""
