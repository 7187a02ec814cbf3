#include "deploy_safe/deploy_safe.hpp"

int main(int argc, char** argv) { return lectio::run_tool(argc, argv, lectio::deploy_safe()); }
