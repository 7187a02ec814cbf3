#include "alerts/alerts.hpp"

int main(int argc, char** argv) { return lectio::run_tool(argc, argv, lectio::alerts()); }
